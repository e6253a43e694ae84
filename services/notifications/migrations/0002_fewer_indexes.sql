-- migrate:up

-- Nobody asks for the links of a message.
DROP INDEX link_of_a_message;

-- A message changes its phase twice on its way, and each change writes every index anew. One that holds a
-- person's messages about a referral in order, whatever has become of them, does the work of two.
CREATE INDEX message_of_a_person ON message (referral_id, person_id, seq);
DROP INDEX message_unsettled, message_of_a_referral;

-- migrate:down

CREATE INDEX message_of_a_referral ON message (referral_id, seq);
CREATE INDEX message_unsettled ON message (referral_id, person_id, seq) WHERE phase IN ('pending', 'sending');
DROP INDEX message_of_a_person;
CREATE INDEX link_of_a_message ON link (message_id);
