"""What this machine has and can do, looked at one by one."""
