"""What a dataset consists of: whole pairs or chips, and their pixels."""
