using System.CommandLine;
using System.Text.Json.Nodes;
using DigitalTwin.Cli.Reporting;
using DigitalTwin.Cli.Studies;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.HospitalNode.Membership;
using Spectre.Console;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin study</c>: check a study file, launch it over the consortium.</summary>
internal static class StudyCommand
{
    public static Command Create() => new("study", "Check and launch studies.")
    {
        Check(),
        Enroll(),
        Launch(),
    };

    private static Command Check()
    {
        Argument<string> file = FileArgument();
        Option<bool> json = SharedOptions.Json();
        Command command = new("check", "Check a study file and say what it would do.") { file, json };
        command.Run((parsed, _) =>
        {
            StudyDocument document = Read(parsed.GetRequiredValue(file));
            StudyProgram program = new(document);
            RoundNoise? noise = document.Study.DifferentialPrivacy is null
                ? null
                : program.TrainingAlgorithm(program.SmallestCohort).Noise;
            JsonObject facts = new()
            {
                ["study"] = document.Study.Name,
                ["document"] = document.Sha256,
                ["contract"] = document.Study.Contract,
                ["features"] = document.Features.Count,
                ["parameters"] = program.Model.ParameterCount,
                ["rounds"] = program.MostRounds,
                ["minimumSites"] = document.Study.MinimumSites,
                ["epsilon"] = document.Study.DifferentialPrivacy?.Budget.Epsilon,
                ["delta"] = document.Study.DifferentialPrivacy?.Budget.Delta,
                ["noiseMultiplier"] = noise?.NoiseMultiplier,
            };
            Print(facts, parsed.GetValue(json));
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command Enroll()
    {
        Option<string> state = SharedOptions.State("the researcher");
        Option<string> member = new("--member") { Description = "The member name of the token.", Required = true };
        Option<string> token = new("--token")
        {
            Description = "The token from the coordinator's operator.",
            Required = true,
        };
        Option<string> coordinator = new("--coordinator") { Description = "Enrolment address.", Required = true };
        Command command = new("enroll", "Make a researcher's keys here and trade a token for a certificate.")
        {
            state, member, token, coordinator,
        };
        command.Run(async (parsed, cancellationToken) =>
        {
            MemberIdentity identity = await EnrolmentClient.EnrolAsync(
                new MemberFolder(parsed.GetRequiredValue(state)),
                CoordinatorCommand.Identifier(parsed.GetRequiredValue(member), "--member"),
                EnrolmentToken.Parse(parsed.GetRequiredValue(token)),
                NodeCommand.Address(parsed.GetRequiredValue(coordinator)),
                TimeProvider.System,
                cancellationToken);
            Console.WriteLine($"Enrolled as {identity.Member} ({identity.Role}).");
            return ExitCodes.Complete;
        });
        return command;
    }

    private static Command Launch()
    {
        Argument<string> file = FileArgument();
        Option<string> state = SharedOptions.State("the researcher");
        Option<string> output = new("--out")
        {
            Description = "Folder for the model.",
            HelpName = "DIR",
            Required = true,
        };
        Option<string?> amend = new("--amend")
        {
            Description = "Replace the proposed study of this name, and say why; hospitals answer anew.",
            HelpName = "REASON",
        };
        Option<bool> json = SharedOptions.Json();
        Command command = new("launch", "Propose a study, follow it to its end, and fetch the model.")
        {
            file, state, output, amend, json,
        };
        command.Run(async (parsed, cancellationToken) =>
        {
            StudyDocument document = Read(parsed.GetRequiredValue(file));
            bool quiet = parsed.GetValue(json);
            using StudyDesk desk = new(new MemberFolder(parsed.GetRequiredValue(state)), TimeProvider.System);
            StudyState study;
            using (RunProgress? progress = quiet
                ? null
                : new RunProgress(AnsiConsole.Console, new StudyProgram(document).MostRounds))
            {
                StudyNarrator narrator = new(
                    progress, document.Study.DifferentialPrivacy is not null, TimeProvider.System);
                study = await desk.RunAsync(
                    document, _ => true, narrator.Tell, cancellationToken, parsed.GetValue(amend));
            }

            await KeepAsync(desk, study, document, parsed.GetRequiredValue(output), quiet, cancellationToken);
            return ExitCodes.OfVerdict(study.Closing!.Verdict);
        });
        return command;
    }

    private static async Task KeepAsync(
        StudyDesk desk,
        StudyState study,
        StudyDocument document,
        string output,
        bool json,
        CancellationToken cancellationToken)
    {
        JsonObject facts = new()
        {
            ["study"] = study.Name,
            ["verdict"] = study.Closing!.Verdict,
            ["reason"] = study.Closing.Reason,
            ["rounds"] = study.Rounds.Count(round => round.Phase == RoundPhase.Final),
            ["model"] = study.Closing.Model,
        };
        if (study.Closing.Model is { } model)
        {
            ModelState state = ModelState.Parse(await desk.FetchAsync(model, cancellationToken));
            facts["file"] = ModelFile.Save(output, document, state);
            facts["pooledTest"] = ModelFile.MetricsOf(state);
        }

        JsonObject sites = [];
        foreach ((string site, SiteEvaluation evaluation) in study.Evaluations)
        {
            sites[site] = new JsonObject
            {
                ["accuracy"] = evaluation.Accuracy,
                ["auroc"] = evaluation.Auroc,
                ["brier"] = evaluation.Brier,
            };
        }

        facts["sites"] = sites;
        Print(facts, json);
    }

    private static StudyDocument Read(string file) => File.Exists(file)
        ? StudyDesk.Compile(file, File.ReadAllText(file))
        : throw new CommandException(ExitCodes.Usage, $"There is no study file {file}.");

    private static Argument<string> FileArgument() => new("file") { Description = "The study, as YAML." };

    private static void Print(JsonObject facts, bool json)
    {
        if (json)
        {
            Console.WriteLine(facts.ToJsonString());
            return;
        }

        foreach ((string name, JsonNode? value) in facts)
        {
            Console.WriteLine($"{name}: {value?.ToJsonString().Trim('"') ?? "none"}");
        }
    }
}
