using DigitalTwin.Models.Layers;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.GeneralisedLinear;

/// <summary>What one row adds to the objective and its derivatives by the linear predictor η.</summary>
/// <param name="HalfDeviance">ln f(y; saturated) − ln f(y; η), times the dispersion: ≥ 0.</param>
/// <param name="Slope">d HalfDeviance / dη.</param>
/// <param name="Information">The expectation of d² HalfDeviance / dη²: Fisher's information on η.</param>
public readonly record struct GlmTerm(double HalfDeviance, double Slope, double Information);

/// <summary>A response distribution with its link.</summary>
/// <remarks>McCullagh and Nelder, Generalized Linear Models, 2nd ed. 1989, tables 2.1 and section 2.5.</remarks>
public abstract class GlmFamily
{
    /// <summary>
    /// Predictors beyond ±40 are read as ±40 where the mean is exponential in them: an overshooting step then gives
    /// finite sums and is seen by its objective. e^40 events in one row, or a chance of e^−40, do not occur.
    /// </summary>
    private const double PredictorLimit = 40;

    private protected GlmFamily()
    {
    }

    /// <summary>Normal response, identity link; the dispersion is the residual variance.</summary>
    public static GlmFamily Gaussian { get; } = new GaussianFamily();

    /// <summary>Counts, log link.</summary>
    public static GlmFamily Poisson { get; } = new PoissonFamily();

    /// <summary>0 or 1, logit link.</summary>
    public static GlmFamily Logistic { get; } = new LogisticFamily();

    /// <summary>0 or 1, complementary log-log link: P = 1 − exp(−e^η).</summary>
    /// <remarks>
    /// In discrete time the link of proportional hazards: Prentice and Gloeckler, Biometrics 34(1), 1978.
    /// </remarks>
    public static GlmFamily ComplementaryLogLog { get; } = new ComplementaryLogLogFamily();

    /// <summary>False where the dispersion is estimated, deviance / (n − p).</summary>
    public virtual bool DispersionIsOne => true;

    /// <summary>The mean at a linear predictor.</summary>
    public abstract double Mean(double predictor);

    /// <summary>Whether a response can come from this family.</summary>
    public abstract bool Admits(double response);

    internal abstract GlmTerm TermOf(double predictor, double response);

    /// <summary>The predictor that iteration starts from at a row: R's `mustart`, seen through the link.</summary>
    internal abstract double StartOf(double response);

    private static double Held(double predictor) => Math.Clamp(predictor, -PredictorLimit, PredictorLimit);

    private sealed class GaussianFamily : GlmFamily
    {
        public override bool DispersionIsOne => false;

        public override double Mean(double predictor) => predictor;

        public override bool Admits(double response) => double.IsFinite(response);

        internal override GlmTerm TermOf(double predictor, double response)
        {
            double residual = predictor - response;
            return new GlmTerm(0.5 * residual * residual, residual, 1);
        }

        internal override double StartOf(double response) => response;
    }

    private sealed class PoissonFamily : GlmFamily
    {
        public override double Mean(double predictor) => DeterministicMath.Exp(Held(predictor));

        public override bool Admits(double response) => response >= 0 && double.IsInteger(response);

        internal override GlmTerm TermOf(double predictor, double response)
        {
            double mean = Mean(predictor);
            double logRatio = response == 0 ? 0 : response * (DeterministicMath.Log(response) - predictor);
            return new GlmTerm(logRatio - (response - mean), mean - response, mean);
        }

        internal override double StartOf(double response) => DeterministicMath.Log(response + 0.1);
    }

    private sealed class LogisticFamily : GlmFamily
    {
        public override double Mean(double predictor) => DeterministicMath.Sigmoid(predictor);

        public override bool Admits(double response) => response is 0 or 1;

        internal override GlmTerm TermOf(double predictor, double response)
        {
            double mean = Mean(predictor);
            return new GlmTerm(LogLossLayer.Forward(predictor, response), mean - response, mean * (1 - mean));
        }

        // The logit of (y + 1/2) / 2, which is 1/4 or 3/4.
        internal override double StartOf(double response) =>
            DeterministicMath.Log(3) * (response == 0 ? -1 : 1);
    }

    private sealed class ComplementaryLogLogFamily : GlmFamily
    {
        public override double Mean(double predictor) => MeanOfHazard(DeterministicMath.Exp(Held(predictor)));

        public override bool Admits(double response) => response is 0 or 1;

        internal override GlmTerm TermOf(double predictor, double response)
        {
            double hazard = DeterministicMath.Exp(Held(predictor));
            double mean = MeanOfHazard(hazard);
            double survival = DeterministicMath.Exp(-hazard);
            return response == 0
                ? new GlmTerm(hazard, hazard, hazard * hazard * survival / mean)
                : new GlmTerm(
                    -DeterministicMath.Log(mean), -hazard * survival / mean, hazard * hazard * survival / mean);
        }

        // The link at 1/4 or 3/4: ln(−ln(1 − μ)).
        internal override double StartOf(double response) =>
            DeterministicMath.Log(-DeterministicMath.Log(response == 0 ? 0.75 : 0.25));

        // 1 − e^−h = tanh(h/2) (1 + e^−h), which keeps the digits of a small h.
        private static double MeanOfHazard(double hazard) =>
            DeterministicMath.Tanh(hazard / 2) * (1 + DeterministicMath.Exp(-hazard));
    }
}
