"""What a matched evaluation is judged by: attrition and bounds, collection, power, months, WWC, self-rating."""
