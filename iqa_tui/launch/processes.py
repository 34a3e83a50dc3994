"""Empty. A dispatcher from before an upgrade starts no run if this file, of which it was made, is gone."""
