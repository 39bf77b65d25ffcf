using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Participation;

/// <summary>
/// What a node holds a study and each of its rounds to, before it takes part and before it opens a sum.
/// </summary>
internal sealed class RoundGuard(
    string site, NodePolicy policy, SiteData data, SpendingJournal journal, StudyArtefacts artefacts)
{
    private readonly HashSet<string> _distrusted = new(StringComparer.Ordinal);

    /// <summary>From here on this node takes no part in the study: its coordinator published a wrong sum.</summary>
    public void Distrust(StudyState study) => _distrusted.Add(study.Name);

    /// <summary>Why this node does not take part in a study, or null.</summary>
    public Refusal? CheckDocument(StudyState study, StudyDocument document)
    {
        if (document.Study.Name != study.Name)
        {
            return new Refusal("document", $"The document is of study {document.Study.Name}.");
        }

        if (policy.Check(
            document.Study,
            data.Train.Rows + data.Test.Rows,
            PrivacySpending.EpsilonBeside(journal, study.Name)) is { } refusal)
        {
            return refusal;
        }

        if (document.Study.DifferentialPrivacy is not null || document.Study.Compact is not null)
        {
            // A promise that no noise or slot can keep is refused here, and not when the first round asks for it.
            StudyProgram program = new(document);
            _ = program.TrainingAlgorithm(program.SmallestCohort);
        }

        return document.ContractSha256 == data.ContractSha256
            && document.Steps == data.Steps
            && document.Features.Count == data.Features.Count
            && document.Features.Zip(data.Features).All(pair => pair.First == pair.Second)
                ? null
                : new Refusal(
                    "contracts",
                    $"The study's contract {document.Study.Contract} differs from this node's copy.");
    }

    /// <summary>Why this node does not join a round, or null.</summary>
    public async Task<Refusal?> CheckRoundAsync(
        StudyState study,
        RoundState round,
        Surroundings around,
        StudyDocument document,
        CancellationToken cancellationToken)
    {
        // Again in each round: what was within the budget at the acceptance may have been spent by other studies since.
        return CheckDocument(study, document)
            ?? CheckCohort(study, round, around, document)
            ?? CheckHistory(study, round)
            ?? await CheckPlanAsync(study, round, document, cancellationToken);
    }

    /// <summary>Why this node does not help to open the sum of a round's survivors, or null.</summary>
    /// <remarks>
    /// The order of the ledger has been checked on this node's own copy; here it counts for itself once more, and what
    /// it has answered before is in its own journal.
    /// </remarks>
    public Refusal? CheckSurvivors(StudyState study, RoundState round, StudyDocument document)
    {
        int fewest = Math.Max(round.Terms.Fewest, SurvivorRule.Fewest(document.Study, round.Participants.Count));
        if (round.Survivors.Distinct(StringComparer.Ordinal).Count() < Math.Max(fewest, policy.FewestSites))
        {
            return new Refusal(
                "sites.fewest",
                $"The sum has {round.Survivors.Count} addends; {Math.Max(fewest, policy.FewestSites)} are needed.");
        }

        if (!round.Survivors.Contains(site)
            || journal.Find(study.Name, round.Number, round.Attempt)?.Addend != round.Commitments[site])
        {
            return new Refusal("sum", "This node's own addend is not in the sum that it is asked to open.");
        }

        return journal.HasOpened(study.Name, round.BaseModel, round.Number, round.Attempt)
            ? new Refusal("one-opening", "This node has helped to open a sum from this model already.")
            : null;
    }

    private Refusal? CheckCohort(
        StudyState study, RoundState round, Surroundings around, StudyDocument document)
    {
        int fewest = Math.Max(policy.FewestSites, document.Study.MinimumSites);
        if (round.Participants.Distinct(StringComparer.Ordinal).Count() < fewest
            || round.Participants.Count < RoundContext.MinimumCohort)
        {
            return new Refusal(
                "sites.fewest",
                $"The cohort has {round.Participants.Count} sites; {fewest} are needed.");
        }

        string? stranger = round.Participants.FirstOrDefault(peer =>
            !around.Enrolled.Contains(peer) || !study.Accepted.ContainsKey(peer));
        return stranger is null
            ? null
            : new Refusal("cohort", $"{stranger} is not an enrolled hospital that accepted the study.");
    }

    private Refusal? CheckHistory(StudyState study, RoundState round)
    {
        if (round.Purpose != RoundPurpose.Keys
            && journal.HasReleased(study.Name, round.BaseModel, round.Number, round.Attempt))
        {
            return new Refusal(
                "one-release",
                "An addend from this model has left already; a second sum could be subtracted.");
        }

        return _distrusted.Contains(study.Name)
            ? new Refusal("sum", "This node found a wrong sum or step earlier in this study.")
            : null;
    }

    private async Task<Refusal?> CheckPlanAsync(
        StudyState study, RoundState round, StudyDocument document, CancellationToken cancellationToken)
    {
        if (study.Grant != document.Study.DifferentialPrivacy?.Budget)
        {
            return new Refusal("plan", "The study was approved with another privacy grant than its document asks for.");
        }

        StudyProgram program = new(document);
        string expected = study.LatestModel ?? program.Initial().Sha256();
        if (round.BaseModel != expected)
        {
            return new Refusal("base-model", $"The round starts from {round.BaseModel}, not from {expected}.");
        }

        // A study that has ended has no next round.
        ModelState state = await artefacts.ModelAsync(program, round.BaseModel, cancellationToken);
        RoundTerms? planned = state.Next is null
            ? null
            : RoundPlan.TermsOf(program, document.Study, study, state, round.Participants) with
            {
                Number = round.Number,
                Attempt = round.Attempt,
            };
        return planned is null || !round.Terms.Agrees(planned)
            ? new Refusal(
                "plan",
                $"The round asks for {round.Purpose} with {round.Words} slots of {round.Terms.SlotBits} bits, σ "
                    + $"{round.Sigma}, {StudyWords.NameOf(round.Protection)} and at least {round.Terms.Fewest} "
                    + "survivors; the study does not.")
            : null;
    }
}
