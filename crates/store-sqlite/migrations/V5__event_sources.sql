-- The vendor's webhook that an event came from, if it came from one.
ALTER TABLE events ADD COLUMN body INTEGER REFERENCES inbound_bodies;
