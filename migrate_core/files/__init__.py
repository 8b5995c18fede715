"""Files and disks: what is checked before reading, and what full disks and torn writes leave."""
