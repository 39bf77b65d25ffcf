namespace DigitalTwin.Models.Training;

/// <summary>Half of a step that went too far.</summary>
internal static class StepHalving
{
    /// <summary>The middle of two points, and how far it is from the first.</summary>
    public static (double[] Middle, double StepNorm) Between(
        ReadOnlySpan<double> accepted, ReadOnlySpan<double> proposed)
    {
        double squaredNorm = 0;
        double[] middle = new double[proposed.Length];
        for (int i = 0; i < middle.Length; i++)
        {
            middle[i] = accepted[i] + (0.5 * (proposed[i] - accepted[i]));
            squaredNorm += (middle[i] - accepted[i]) * (middle[i] - accepted[i]);
        }

        return (middle, Math.Sqrt(squaredNorm));
    }
}
