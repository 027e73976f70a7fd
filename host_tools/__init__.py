"""The computer's side of Inkling: pack, inspect, run and deploy networks."""
