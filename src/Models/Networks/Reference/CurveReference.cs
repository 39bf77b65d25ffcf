using System.Numerics;
using DigitalTwin.Models.Networks.Descriptions;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>The curves between layers and their derivatives: what the fast ones are measured against.</summary>
internal static class CurveReference
{
    /// <summary>y of x.</summary>
    public static T Forward<T>(Curve curve, T x)
        where T : IFloatingPointIeee754<T> => curve switch
        {
            Curve.Relu => T.Max(x, T.Zero),
            Curve.Gelu => x * Distribution(x),
            Curve.Tanh => T.Tanh(x),
            Curve.Sigmoid => Sigmoid(x),
            _ => x,
        };

    /// <summary>dy/dx at x.</summary>
    public static T Derivative<T>(Curve curve, T x)
        where T : IFloatingPointIeee754<T> => curve switch
        {
            Curve.Relu => x > T.Zero ? T.One : T.Zero,
            Curve.Gelu => Distribution(x) + (x * Density(x)),
            Curve.Tanh => T.One - (T.Tanh(x) * T.Tanh(x)),
            Curve.Sigmoid => Sigmoid(x) * (T.One - Sigmoid(x)),
            _ => T.One,
        };

    private static T Sigmoid<T>(T x)
        where T : IFloatingPointIeee754<T> => T.One / (T.One + T.Exp(-x));

    private static T Density<T>(T x)
        where T : IFloatingPointIeee754<T> => T.Exp(-x * x / (T.One + T.One)) / T.Sqrt(T.Tau);

    /// <summary>Φ(x) = ½ + φ(x) (x + x³/3 + x⁵/15 + ...).</summary>
    /// <remarks>Marsaglia, "Evaluating the normal distribution", Journal of Statistical Software 11(4), 2004.</remarks>
    private static T Distribution<T>(T x)
        where T : IFloatingPointIeee754<T>
    {
        T term = x;
        T sum = x;
        T odd = T.One;
        T before = T.Zero;
        while (sum != before)
        {
            before = sum;
            odd += T.One + T.One;
            term *= x * x / odd;
            sum += term;
        }

        return (T.One / (T.One + T.One)) + (Density(x) * sum);
    }
}
