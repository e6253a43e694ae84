-- migrate:up

-- Stories from before there were messages that time makes: each is looked at once, and then says when it is due. Not
-- at once, since workers of the former version, which do not know what that is, run until they are replaced.
INSERT INTO due_work (kind, id, what, at) SELECT 'story', id, 'timed', now() + interval '1 hour' FROM story ON CONFLICT DO NOTHING;

-- migrate:down

DELETE FROM due_work WHERE kind = 'story' AND what = 'timed';
