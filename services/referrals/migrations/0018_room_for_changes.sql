-- migrate:up

-- Each referral is changed at least twice within seconds, by what the panel and the families' messages make of it. Where
-- its page has room for the new row, a change of the state alone leaves the indexes alone. For new pages only.
ALTER TABLE referral SET (fillfactor = 45);

-- migrate:down

ALTER TABLE referral SET (fillfactor = 80);
