using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Protection;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Federation.Rounds;

/// <summary>What a round comes to: the coordinator computes it, every hospital and auditor computes it again.</summary>
/// <param name="Sum">The opened sum, packed; in a round of keys the collective key.</param>
/// <param name="Next">The model state after the public step.</param>
internal sealed record RoundResult(byte[] Sum, ModelState Next)
{
    /// <summary>Opens the sum of a round and takes the public step.</summary>
    /// <param name="openings">Digest of what each hospital gave to open the sum.</param>
    /// <exception cref="SumOpeningException">Addends and openings give no sum.</exception>
    /// <exception cref="InvalidDataException">The sum is nothing that the round can come to.</exception>
    public static RoundResult Of(
        StudyProgram program,
        StudyState study,
        RoundState round,
        IReadOnlyDictionary<string, string> openings,
        ArtefactStore artefacts)
    {
        ModelState initial = program.Initial();
        ModelState state = round.BaseModel == initial.Sha256()
            ? initial
            : ModelState.Parse(artefacts.Get(round.BaseModel)
                ?? throw new InvalidDataException($"Model {round.BaseModel} is missing."));
        if (round.Purpose == RoundPurpose.Keys)
        {
            return new RoundResult(SumOpener.SumKeys(study, round, artefacts.Get), state);
        }

        ulong[] sum = SumOpener.Open(study, round, openings, artefacts.Get);
        RoundSetting setting = new(
            round.Participants.Count,
            Conductor.PublicRows(study, round.Participants),
            Conductor.PublicRows(study, round.Survivors));
        CohortSize cohort = new(round.Participants.Count, round.Terms.Fewest);
        try
        {
            ModelState next = program.AlgorithmFor(state, cohort).Advance(state, setting, sum);
            return new RoundResult(SlotCodec.Pack(sum, round.Terms.SlotBits), next);
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException)
        {
            // What the hospitals hand in decides the sum: a senseless one is no defect of whoever adds it up.
            throw new InvalidDataException($"The sum is no statistic of this round: {problem.Message}", problem);
        }
    }
}
