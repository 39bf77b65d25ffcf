using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Optimisers;

/// <summary>The length of a whole gradient.</summary>
public static class GradientNorm
{
    /// <summary>Scales the gradient down to an L2 norm of <paramref name="largest"/> where it is longer.</summary>
    /// <returns>The norm before.</returns>
    /// <remarks>
    /// Pascanu, Mikolov and Bengio, ICML 2013, algorithm 1. This is no protection of anybody's privacy.
    /// </remarks>
    public static double Clip(Span<float> gradient, double largest)
    {
        if (!(largest > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(largest), largest, "The largest norm is a positive number.");
        }

        double norm = Math.Sqrt(TreeSums.SquaredNorm(VectorWidths.Widest, gradient));
        if (norm > largest)
        {
            Elementwise.Scale(VectorWidths.Widest, (float)(largest / norm), gradient);
        }

        return norm;
    }
}
