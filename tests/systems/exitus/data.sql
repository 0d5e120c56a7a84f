-- Rows of Exitus around the moment `systems.now`; the same moment gives the same rows. The counts are those that its
-- operations page asks for: 5 users, 14 brokers, 44 assets, 17 transactions, 4 portfolios, 17 positions, 29 payments.

CREATE FUNCTION pg_temp.at(since interval) RETURNS timestamptz LANGUAGE sql STABLE AS
    $$ SELECT current_setting('systems.now')::timestamptz + since $$;
CREATE FUNCTION pg_temp.utc(since interval) RETURNS timestamp LANGUAGE sql STABLE AS
    $$ SELECT pg_temp.at(since) AT TIME ZONE 'UTC' $$;
CREATE FUNCTION pg_temp.id(kind text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT md5(kind || number)::uuid $$;

INSERT INTO assessora
SELECT pg_temp.id('assessora', n), 'Assessora ' || n, 'contato' || n || '@assessora.example', CASE WHEN n < 3 THEN '12.345.678/0001-0' || n END,
       (ARRAY['basico', 'profissional', 'enterprise'])[n], n <> 3, 10 * n, NULL,
       pg_temp.utc(-n * interval '200 days'), pg_temp.utc(-n * interval '200 days'), pg_temp.utc('-1 day')
FROM generate_series(1, 3) n;

INSERT INTO usuario
SELECT pg_temp.id('usuario', n), (ARRAY['admin', 'joao.silva', 'maria.santos', 'viewer', 'teste.user'])[n],
       (ARRAY['admin@exitus.com', 'joao.silva@example.com', 'maria.santos@example.com', 'viewer@exitus.com', 'teste@exitus.com'])[n],
       'scrypt:32768:8:1$x', (ARRAY['Administrador', 'João Silva', 'Maria Santos', NULL, 'Usuário Teste'])[n],
       CASE WHEN n IN (2, 3) THEN pg_temp.id('assessora', n - 1) END, n <> 5,
       (ARRAY['admin', 'user', 'user', 'readonly', 'user'])[n]::userrole, pg_temp.at(-n * interval '90 days'), pg_temp.at(-n * interval '3 days')
FROM generate_series(1, 5) n;

-- audit rows on both sides of 30, 90 and 365 days; only logins and changes of transactions are written
INSERT INTO log_auditoria
SELECT pg_temp.id('log', n), CASE WHEN n % 9 > 0 THEN pg_temp.id('usuario', 1 + n % 5) END, CASE WHEN n % 2 = 0 THEN pg_temp.id('assessora', 1) END,
       (ARRAY['LOGIN', 'CREATE', 'UPDATE', 'DELETE'])[1 + n % 4], CASE WHEN n % 4 > 0 THEN 'transacao' END,
       CASE WHEN n % 4 > 0 THEN pg_temp.id('transacao', 1 + n % 17) END, CASE WHEN n % 4 > 1 THEN json_build_object('quantidade', n) END,
       CASE WHEN n % 4 > 0 THEN json_build_object('quantidade', n + 1) END, '192.0.2.' || n % 250, 'Mozilla/5.0',
       pg_temp.at(-(n * interval '8 hours')), n % 11 > 0, CASE WHEN n % 11 = 0 THEN 'Senha inválida' END
FROM generate_series(1, 1200) n;

INSERT INTO alertas
SELECT pg_temp.id('alerta', n), pg_temp.id('usuario', 1 + n % 5), 'Alerta ' || n, (ARRAY['preco_acima', 'preco_abaixo', 'queda'])[1 + n % 3],
       CASE WHEN n % 4 > 0 THEN 'PETR4' END, '>', 10 * n, n % 3 > 0, n, CASE WHEN n % 2 = 0 THEN pg_temp.utc(-n * interval '1 day') END,
       pg_temp.utc(-n * interval '2 days')
FROM generate_series(1, 12) n;
INSERT INTO configuracoes_alertas
SELECT pg_temp.id('configuracao', n), pg_temp.id('usuario', 1 + n), 'Antigo ' || n, '>', false FROM generate_series(1, 3) n;

INSERT INTO corretora
SELECT pg_temp.id('corretora', n), pg_temp.id('usuario', 1 + n % 4), 'Corretora ' || n, (ARRAY['corretora', 'exchange'])[1 + n % 2]::tipocorretora,
       (ARRAY['BR', 'US'])[1 + n % 2], (ARRAY['BRL', 'USD'])[1 + n % 2], 1000.50 * n, n <> 14, pg_temp.at('-200 days'), pg_temp.at('-1 day')
FROM generate_series(1, 14) n;

-- 44 assets: the first two of B3 and one of the US by their real tickers; two delisted, three without a price
INSERT INTO ativo
SELECT pg_temp.id('ativo', n), CASE n WHEN 1 THEN 'PETR4' WHEN 2 THEN 'VALE3' WHEN 3 THEN 'AAPL' ELSE 'TCK' || n END, 'Ativo ' || n,
       (enum_range(NULL::tipoativo))[CASE n WHEN 1 THEN 1 WHEN 2 THEN 1 WHEN 3 THEN 7 ELSE 1 + n % 15 END],
       (enum_range(NULL::classeativo))[CASE WHEN n < 4 THEN 1 ELSE 1 + n % 4 END], CASE WHEN n = 3 OR n % 5 = 0 THEN 'US' ELSE 'BR' END,
       CASE WHEN n = 3 OR n % 5 = 0 THEN 'USD' ELSE 'BRL' END, CASE WHEN n NOT IN (20, 30, 40) THEN 10 + n * 1.5 END,
       CASE WHEN n NOT IN (20, 30, 40) THEN pg_temp.utc(-n * interval '1 hour') END, n NOT IN (43, 44), n IN (43, 44),
       pg_temp.utc('-300 days'), pg_temp.utc('-1 day')
FROM generate_series(1, 44) n;

INSERT INTO transacao
SELECT pg_temp.id('transacao', n), pg_temp.id('usuario', 1 + n % 4), pg_temp.id('ativo', n), pg_temp.id('corretora', 1 + n % 14),
       CASE WHEN n % 2 = 0 THEN pg_temp.id('assessora', 1) END, (enum_range(NULL::tipotransacao))[1 + n % 2], pg_temp.at(-n * interval '5 days'),
       n, 10 + n * 1.5, n * (10 + n * 1.5)
FROM generate_series(1, 17) n;
INSERT INTO portfolio
SELECT pg_temp.id('portfolio', n), pg_temp.id('usuario', n), CASE WHEN n = 2 THEN pg_temp.id('assessora', 1) END, 'Carteira ' || n, n < 4,
       pg_temp.at(-n * interval '40 days')
FROM generate_series(1, 4) n;
INSERT INTO posicao
SELECT pg_temp.id('posicao', n), pg_temp.id('usuario', 1 + n % 4), pg_temp.id('corretora', 1 + n % 14), pg_temp.id('ativo', n), n, 10 + n * 1.5
FROM generate_series(1, 17) n;
INSERT INTO provento
SELECT pg_temp.id('provento', n), pg_temp.id('ativo', n), (enum_range(NULL::tipoprovento))[1 + n % 3], n * 0.013, (pg_temp.at(-n * interval '20 days'))::date
FROM generate_series(1, 29) n;
INSERT INTO movimentacao_caixa
SELECT pg_temp.id('movimento', n), pg_temp.id('usuario', 1 + n % 4), pg_temp.id('corretora', 1 + n % 14), (enum_range(NULL::tipomovimentacao))[1 + n % 3],
       100 * n, (pg_temp.at(-n * interval '9 days'))::date
FROM generate_series(1, 20) n;
INSERT INTO historico_patrimonio
SELECT pg_temp.id('historico', n), pg_temp.id('usuario', 1 + n % 4), (pg_temp.at(-n * interval '30 days'))::date, 10000 + n
FROM generate_series(1, 30) n;
INSERT INTO alembic_version VALUES ('20260214_v076');
