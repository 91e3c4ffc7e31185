"""Pictures, video and the webcam -> predictions."""
