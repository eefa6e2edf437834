"""Speed, as ratios against a bare page measured in the same run. `make bench` runs them; tests never time anything."""
