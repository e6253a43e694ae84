-- migrate:up

-- Stories from before there were messages that time makes: each is looked at once, and then says when it is due.
INSERT INTO due_work (kind, id, what, at) SELECT 'story', id, 'timed', now() FROM story ON CONFLICT DO NOTHING;

-- migrate:down

DELETE FROM due_work WHERE kind = 'story' AND what = 'timed';
