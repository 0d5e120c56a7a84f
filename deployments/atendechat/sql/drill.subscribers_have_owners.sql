-- Every company that subscribed has an owner who can log in. No row is right.
SELECT s.id FROM public."Subscription" s
WHERE NOT EXISTS (SELECT FROM public."User" u WHERE u."companyId" = s."companyId" AND u.role = 'OWNER' AND u."isActive")
