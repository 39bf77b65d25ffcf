using System.CommandLine;
using System.Globalization;
using DigitalTwin.Cli.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin dp</c>: what noise costs, and how much of it a budget asks for.</summary>
internal static class DpCommand
{
    private const int MostSteps = 100_000_000;
    private const double LeastDelta = 1e-50;
    private const double MostDelta = 0.999;
    private const double LeastEpsilon = 1e-6;
    private const double MostEpsilon = 1e6;

    /// <summary>The table for people shows ε after these parts of the steps.</summary>
    private static readonly double[] PartsOfSteps = [0.01, 0.1, 0.25, 0.5, 1];

    public static Command Create() => new("dp", "Account for differential privacy: ε of noisy steps, noise for an ε.")
    {
        Epsilon(),
        Sigma(),
    };

    private static Command Epsilon()
    {
        Option<double> multiplier = Number<double>("--noise-multiplier", "S", "σ of the noise over the clipping norm.");
        StepOptions steps = StepOptions.Create();
        Option<bool> json = SharedOptions.Json();
        Command command = new(
            "epsilon", "ε of Poisson-sampled Gaussian steps: by Rényi orders, by privacy loss, in closed form.")
        {
            steps.SamplingRate, multiplier, steps.Steps, steps.Delta, json,
        };
        command.Run((parsed, cancellationToken) =>
        {
            (PoissonSampling sampling, int count, double delta) = steps.Read(parsed);
            double noise = Within(
                multiplier.Name,
                parsed.GetRequiredValue(multiplier),
                NoiseCalibration.Smallest,
                NoiseCalibration.Largest);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(EpsilonAnswer.Of(sampling, noise, count, delta).ToJson().ToJsonString());
                return Task.FromResult(ExitCodes.Complete);
            }

            PrintTable(sampling, noise, count, delta, PrivacyLossAccountant.Width, cancellationToken);
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command Sigma()
    {
        Option<double> epsilon = Number<double>("--epsilon", "E", "ε that may be spent.");
        StepOptions steps = StepOptions.Create();
        Option<bool> json = SharedOptions.Json();
        Command command = new("sigma", "The least noise multiplier whose steps stay within ε; ε of it at each step.")
        {
            epsilon, steps.SamplingRate, steps.Steps, steps.Delta, json,
        };
        command.Run((parsed, cancellationToken) =>
        {
            (PoissonSampling sampling, int count, double delta) = steps.Read(parsed);
            double most = Within(epsilon.Name, parsed.GetRequiredValue(epsilon), LeastEpsilon, MostEpsilon);
            PrivacyBudget budget = new(most, delta);
            SigmaAnswer answer = SigmaAnswer.Of(sampling, count, budget);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(answer.ToJson().ToJsonString());
                return Task.FromResult(ExitCodes.Complete);
            }

            foreach (string line in answer.ToLines())
            {
                Console.WriteLine(line);
            }

            if (answer.Least is { } noise)
            {
                PrintTable(
                    sampling, noise, count, delta, NoiseCalibration.WidthFor(budget), cancellationToken);
            }

            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    // A row can take a second, so each is printed as it is found.
    private static void PrintTable(
        PoissonSampling sampling,
        double noise,
        int steps,
        double delta,
        double width,
        CancellationToken cancellationToken)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"sampling rate {sampling.Rate}, noise multiplier {noise:0.######}, δ = {delta:g}: "
                + $"ε for neighbours that differ by one patient, added or removed"));
        Console.WriteLine(EpsilonAnswer.Header);
        foreach (int shown in PartsOfSteps.Select(part => (int)Math.Ceiling(part * steps)).Distinct())
        {
            cancellationToken.ThrowIfCancellationRequested();
            Console.WriteLine(EpsilonAnswer.Of(sampling, noise, shown, delta, width).ToLine());
        }
    }

    private static Option<T> Number<T>(string name, string letter, string description) => new(name)
    {
        Description = description,
        HelpName = letter,
        Required = true,
    };

    private static double Within(string option, double value, double least, double most) =>
        value >= least && value <= most
            ? value
            : throw new CommandException(
                ExitCodes.Usage,
                string.Create(
                    CultureInfo.InvariantCulture, $"{option} {value:g}: give a number from {least:g} to {most:g}."));

    /// <summary>What both questions say of the steps.</summary>
    private sealed record StepOptions(Option<double> SamplingRate, Option<int> Steps, Option<double> Delta)
    {
        public static StepOptions Create() => new(
            Number<double>(
                "--sampling-rate", "Q", "Probability with which each patient is in a batch; 1 for every patient."),
            Number<int>("--steps", "T", "Noisy steps, over all epochs."),
            Number<double>("--delta", "D", "δ of the guarantee."));

        public (PoissonSampling Sampling, int Steps, double Delta) Read(ParseResult parsed)
        {
            double rate = parsed.GetRequiredValue(SamplingRate);
            if (!(rate is > 0 and <= 1))
            {
                throw new CommandException(
                    ExitCodes.Usage,
                    string.Create(
                        CultureInfo.InvariantCulture, $"{SamplingRate.Name} {rate}: give a number above 0, up to 1."));
            }

            int steps = (int)Within(Steps.Name, parsed.GetRequiredValue(Steps), 1, MostSteps);
            double delta = Within(Delta.Name, parsed.GetRequiredValue(Delta), LeastDelta, MostDelta);
            return (new PoissonSampling(rate), steps, delta);
        }
    }
}
