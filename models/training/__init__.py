"""What the recipes of all networks share: training, quantization, costs, the chart."""
