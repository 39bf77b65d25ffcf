using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Layers;

/// <summary>The loss of a predicted log-odds m against a label y: L = ln(1 + e^m) − y m.</summary>
public static class LogLossLayer
{
    public static double Forward(double margin, double label) => DeterministicMath.LogLoss(margin, label);

    /// <summary>dL/dm = Sigmoid(m) − y.</summary>
    public static double Backward(double margin, double label) => DeterministicMath.Sigmoid(margin) - label;
}
