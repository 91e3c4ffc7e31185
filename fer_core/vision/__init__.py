"""From a file to a face crop: pictures, face detection, alignment. Lowest of the rooms."""
