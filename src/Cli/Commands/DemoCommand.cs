using System.CommandLine;
using System.Globalization;
using DigitalTwin.Cli.Demo;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin demo</c>: four hospitals, one coordinator, one study, on this machine.</summary>
internal static class DemoCommand
{
    private const double DefaultEpsilon = 1;
    private const double DefaultDelta = 1e-3;

    public static Command Create()
    {
        Option<string?> data = Text("--data", "DIR", "Folder with the four real heart-disease files.");
        Option<string?> study = Text("--study", "FILE", "A study file instead of the built-in one.");
        Option<string?> epsilon = Text("--epsilon", "E|none", "ε per hospital, or none (default 1).");
        Option<double?> delta = new("--delta") { Description = "δ per hospital (default 1e-3).", HelpName = "D" };
        Option<string?> noise = new("--noise") { Description = "Where the noise comes from (default distributed)." };
        noise.AcceptOnlyFromAmong("distributed", "local");
        Option<string?> algorithm = new("--algorithm") { Description = "How the model is trained (default gradient)." };
        algorithm.AcceptOnlyFromAmong("gradient", "newton", "fedavg", "fedadam");
        Option<string?> model = new("--model") { Description = "The model (default logistic)." };
        model.AcceptOnlyFromAmong("logistic", "mlp");
        Option<string?> protection = new("--protection")
        {
            Description = "How addends travel: masked, or encrypted for a threshold of the hospitals (default masks).",
        };
        protection.AcceptOnlyFromAmong([.. StudyWords.Protections]);
        Option<ulong> seed = new("--seed")
        {
            Description = "Seed of data, batches and noise.",
            DefaultValueFactory = _ => 1,
        };
        Option<string?> output = Text("--out", "DIR", "Folder for all results (default demo/<time>).");
        Option<bool> json = SharedOptions.Json();
        Command command = new(
            "demo",
            "Run a whole consortium on this machine: four hospitals train one model together.")
        {
            data, study, epsilon, delta, noise, algorithm, model, protection, seed, output, json,
        };
        command.Run((parsed, cancellationToken) =>
        {
            string? file = parsed.GetValue(study);
            string? contradiction = new Option[] { epsilon, delta, noise, algorithm, model, protection }
                .FirstOrDefault(option => parsed.GetResult(option) is not null)?.Name;
            if (file is not null && contradiction is not null)
            {
                throw new CommandException(
                    ExitCodes.Usage,
                    $"{contradiction} contradicts --study: the study file says it. Give one of the two.");
            }

            DemoOptions options = new(
                parsed.GetValue(data),
                file,
                parsed.GetValue(model) == "mlp" ? ModelKind.Mlp : ModelKind.Logistic,
                Enum.Parse<AlgorithmKind>(parsed.GetValue(algorithm) ?? "gradient", ignoreCase: true),
                Budget(parsed.GetValue(epsilon), parsed.GetValue(delta)),
                parsed.GetValue(noise) == "local" ? NoisePlacement.Local : NoisePlacement.Distributed,
                StudyWords.ProtectionOf(parsed.GetValue(protection) ?? StudyWords.Protections[0]),
                parsed.GetValue(seed),
                parsed.GetValue(output) ?? DefaultOutput(TimeProvider.System),
                parsed.GetValue(json));
            return new DemoRun(options, TimeProvider.System).RunAsync(cancellationToken);
        });
        return command;
    }

    private static Option<string?> Text(string name, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
    };

    private static PrivacyBudget? Budget(string? epsilon, double? delta)
    {
        if (epsilon == "none")
        {
            return delta is null
                ? null
                : throw new CommandException(ExitCodes.Usage, "--delta has no meaning with --epsilon none.");
        }

        double value = DefaultEpsilon;
        if (epsilon is not null
            && !(double.TryParse(epsilon, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
                && value is >= 1e-3 and <= 100))
        {
            throw new CommandException(
                ExitCodes.Usage,
                $"--epsilon {epsilon}: give a number from 0.001 to 100, or none.");
        }

        return delta is null or (>= 1e-12 and <= 0.1)
            ? new PrivacyBudget(value, delta ?? DefaultDelta)
            : throw new CommandException(ExitCodes.Usage, $"--delta {delta}: give a number from 1e-12 to 0.1.");
    }

    private static string DefaultOutput(TimeProvider time) => Path.Combine(
        "demo", time.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture));
}
