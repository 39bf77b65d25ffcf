using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Tests.Simulation;

/// <summary>What a hospital masked: recomputed from its rows and its replay key, as its own auditor would.</summary>
internal static class ClearStatistics
{
    public static ulong[] Of(
        SimulatedConsortium consortium, SimulatedHospital hospital, StudyState study, RoundState round)
    {
        StudyProgram program = new(consortium.DocumentOf(study.Name));
        ModelState state = consortium.ModelOf(round.BaseModel);
        double rows = Conductor.PublicRows(study, round.Participants);
        RoundSetting setting = new(round.Participants.Count, rows, rows);
        using SeededRandomBits noise = hospital.Replay.Noise(
            study.Document, round.Number, round.Attempt, round.BaseModel);
        LocalInputs inputs = new(
            hospital.Data.Train,
            hospital.Data.Test,
            hospital.Replay.Batches(study.Document, round.Number, round.BaseModel),
            noise);
        ulong[] words = new ulong[round.Words];
        program.AlgorithmFor(state, SizeOf(round)).Contribute(state, setting, inputs, words);
        return words;
    }

    /// <summary>The size of a round's cohort as its algorithm takes it.</summary>
    public static CohortSize SizeOf(RoundState round) => new(round.Participants.Count, round.Terms.Fewest);
}
