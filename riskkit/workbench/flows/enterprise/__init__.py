"""Risk notices and feedback letters to enterprises, their duties and their trend."""
