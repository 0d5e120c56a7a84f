-- People who logged in between :since and :until, and lockouts, each of which is a login that failed for good.
-- parameters: :since, :until
-- columns: attempts, failed
SELECT (SELECT count(*) FROM users WHERE last_login_at >= :since AND last_login_at < :until) + l.locked AS attempts, l.locked AS failed
FROM (SELECT count(*) AS locked FROM account_lockouts WHERE locked_at >= :since AND locked_at < :until) l
