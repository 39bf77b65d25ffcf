using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Kernels;

/// <summary>k(x, y) = variance · exp(−‖x − y‖² / (2 lengthScale²)).</summary>
/// <remarks>Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equation 2.31.</remarks>
/// <param name="Variance">Of the function at a point, in squared units of the response.</param>
/// <param name="LengthScale">In the unit of the scaled inputs.</param>
public readonly record struct GaussianKernel(double Variance, double LengthScale)
{
    public double Of(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double square = 0;
        for (int i = 0; i < x.Length; i++)
        {
            square += (x[i] - y[i]) * (x[i] - y[i]);
        }

        return Variance * DeterministicMath.Exp(-square / (2 * LengthScale * LengthScale));
    }
}
