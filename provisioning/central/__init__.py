"""The central services: schedule, TURN credentials, metrics, enrolment."""
