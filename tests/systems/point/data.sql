-- Rows of Point around the moment `systems.now`; the same moment gives the same rows.

CREATE FUNCTION pg_temp.at(since interval) RETURNS timestamptz LANGUAGE sql STABLE AS
    $$ SELECT current_setting('systems.now')::timestamptz + since $$;

-- 1 admin, 2 director, 3 admin who left (inactive), 4 who may nothing, 5 without a login
INSERT INTO auth_user
SELECT n, 'pbkdf2_sha256$x', CASE WHEN n < 5 THEN pg_temp.at(-n * interval '5 hours') END, n = 1,
       (ARRAY['admin', 'direccion', 'exadmin', 'cajera', 'nueva'])[n], 'María', 'Núñez ' || n, 'usuario' || n || '@point.example',
       n < 4, n <> 3, pg_temp.at(-n * interval '100 days')
FROM generate_series(1, 5) n;
INSERT INTO auth_group VALUES (1, 'ADMIN'), (2, 'DG'), (3, 'VENTAS');
INSERT INTO auth_user_groups VALUES (1, 1, 1), (2, 2, 2), (3, 3, 1), (4, 4, 3);
INSERT INTO authtoken_token SELECT md5('token' || n) || left(md5(n::text), 8), pg_temp.at('-90 days'), n FROM generate_series(1, 3) n;
INSERT INTO core_userprofile SELECT n, n, n = 4, n = 5 FROM generate_series(1, 5) n;

-- clients 1 to 10 called in the last days, 11 to 20 last called 31 to 40 days ago, 21 to 30 never called (30 was created
-- a minute ago), 31 to 40 are inactive already. last_used_at of client 15 says yesterday, which nobody is to believe
INSERT INTO integraciones_publicapiclient
SELECT n, 'Cliente ' || n || CASE WHEN n % 7 = 0 THEN ' "Pastelería"' ELSE '' END, 'pk_' || lpad(n::text, 5, '0'), md5('a' || n) || md5('b' || n), '',
       n <= 30, CASE WHEN n <= 10 OR n = 15 THEN pg_temp.at('-1 day') WHEN n <= 20 THEN pg_temp.at((-20 - n) * interval '1 day') END,
       CASE WHEN n % 3 > 0 THEN 1 + n % 2 END, '["read"]',
       CASE WHEN n = 30 THEN pg_temp.at('-1 minute') ELSE pg_temp.at((-400 + n) * interval '1 day') END,
       CASE WHEN n = 30 THEN pg_temp.at('-1 minute') ELSE pg_temp.at('-60 days') END
FROM generate_series(1, 40) n;

-- 2,400 calls of busy clients over the last 30 days less an hour, 300 of every tenth minute before
INSERT INTO integraciones_publicapiaccesslog (id, client_id, endpoint, method, status_code, created_at)
SELECT n, 1 + n % 10, '/api/public/v1/' || (ARRAY['health', 'inventario', 'ventas', 'precios'])[1 + n % 4] || '/', (ARRAY['GET', 'GET', 'POST'])[1 + n % 3],
       (ARRAY[200, 200, 200, 201, 400, 401, 404, 500])[1 + n % 8], pg_temp.at(-((n * 7919) % 2588400) * interval '1 second')
FROM generate_series(1, 2400) n;
-- the last calls of clients 11 to 20, ten each
INSERT INTO integraciones_publicapiaccesslog
SELECT 2400 + n, 10 + 1 + n % 10, '/api/public/v1/inventario/', 'GET', 200, pg_temp.at((-31 - n % 10) * interval '1 day' - n * interval '1 second')
FROM generate_series(1, 100) n;
-- 700 old calls with the highest ids: 600 older than 90 days, 50 on the very second of the limit, 50 a second younger
INSERT INTO integraciones_publicapiaccesslog
SELECT 2500 + n, 1 + n % 40, '/api/public/v1/ventas/', 'GET', 200,
       pg_temp.at(CASE WHEN n <= 600 THEN (-91 - n % 200) * interval '1 day' WHEN n <= 650 THEN interval '-90 days'
                       ELSE interval '-90 days' + interval '1 second' END)
FROM generate_series(1, 700) n;

INSERT INTO core_auditlog
SELECT n, pg_temp.at(-n * interval '5 hours'), CASE WHEN n % 4 > 0 THEN 1 + n % 2 END,
       (ARRAY['RUN_API_MAINTENANCE', 'PURGE_API_LOGS', 'DEACTIVATE_IDLE_CLIENTS', 'PREVIEW_API_MAINTENANCE', 'PREVIEW_PURGE_API_LOGS',
              'PREVIEW_DEACTIVATE_IDLE_CLIENTS', 'LOGIN'])[1 + n % 7],
       (ARRAY['integraciones.PublicApiClient', 'integraciones.PublicApiAccessLog'])[1 + n % 2], (n % 40)::text,
       jsonb_build_object('deleted', n % 50, 'note', '=1+1')
FROM generate_series(1, 300) n;
INSERT INTO orquestacion_agentexecutionlink SELECT n, n * 10, 'nocturno' FROM generate_series(1, 20) n;
INSERT INTO core_notificacion
SELECT n, 1 + n % 5, 'sistema', (ARRAY['baja', 'alta'])[1 + n % 2], 'Aviso ' || n, n % 3 = 0, pg_temp.at(-n * interval '1 day'),
       CASE WHEN n % 3 = 0 THEN pg_temp.at(-n * interval '20 hours') END
FROM generate_series(1, 120) n;
INSERT INTO django_migrations VALUES (1, 'integraciones', '0004_capabilities', pg_temp.at('-300 days')), (2, 'core', '0031_auditlog', pg_temp.at('-20 days'));

SELECT setval(pg_get_serial_sequence(name, 'id'), 100000)
FROM unnest(ARRAY['auth_user', 'auth_group', 'auth_user_groups', 'core_userprofile', 'integraciones_publicapiclient', 'integraciones_publicapiaccesslog',
                  'core_auditlog', 'orquestacion_agentexecutionlink', 'core_notificacion', 'django_migrations']) name;
REFRESH MATERIALIZED VIEW integraciones_uso_diario;
