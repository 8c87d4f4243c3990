"""What people do to signals: judge them, and draft a case from one."""
