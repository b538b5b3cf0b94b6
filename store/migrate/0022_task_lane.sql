-- The lane of a task: tasks of one lane share a limit of calls under way, so that a slow
-- provider holds up only its own.
ALTER TABLE task ADD COLUMN lane TEXT NOT NULL DEFAULT '';
