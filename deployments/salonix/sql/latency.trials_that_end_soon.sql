-- What the overview counts: trials that end within seven days.
SELECT count(*) AS trials FROM public.users_userfeatureflags
WHERE pro_status = 'trialing' AND trial_until < now() + interval '7 days'
