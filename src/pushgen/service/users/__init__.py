"""Who can be sent to: zones and slots, devices, preferences, erasure."""
