using System.Security.Cryptography;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Cli.Tests.Processes;

/// <summary>What the sum of a round has to be, from the rows of its survivors and without any mask.</summary>
internal sealed class ClearSums(ProcessConsortium consortium, StudyState study)
{
    private readonly BlobFolder _artefacts = new(consortium.Coordinator.Artefacts);

    /// <summary>SHA-256 of the packed sum of a closed round.</summary>
    public string DigestOf(RoundState round)
    {
        StudyProgram program = new(StudyDocument.Parse(_artefacts.Get(study.Document)!));
        ModelState initial = program.Initial();
        ModelState state = round.BaseModel == initial.Sha256()
            ? initial
            : ModelState.Parse(_artefacts.Get(round.BaseModel)!);
        RoundAlgorithm algorithm = program.AlgorithmFor(
            state, new CohortSize(round.Participants.Count, round.Terms.Fewest));
        ulong[] sum = new ulong[round.Words];
        foreach (string hospital in round.Survivors)
        {
            ulong[] own = StatisticOf(hospital, round, algorithm, state);
            for (int slot = 0; slot < sum.Length; slot++)
            {
                sum[slot] = unchecked(sum[slot] + own[slot]);
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(SlotCodec.Pack(sum, round.Terms.SlotBits)));
    }

    private ulong[] StatisticOf(string hospital, RoundState round, RoundAlgorithm algorithm, ModelState state)
    {
        SiteData data = SiteDataLoader.Load(consortium.SourceOf(hospital)).Site;
        ReplayKey replay = consortium.FolderOf(hospital).LoadReplayKey();
        using SeededRandomBits noise = replay.Noise(study.Document, round.Number, round.Attempt, round.BaseModel);
        double rows = Conductor.PublicRows(study, round.Participants);
        RoundSetting setting = new(round.Participants.Count, rows, rows);
        LocalInputs inputs = new(
            data.Train, data.Test, replay.Batches(study.Document, round.Number, round.BaseModel), noise);
        ulong[] words = new ulong[round.Words];
        algorithm.Contribute(state, setting, inputs, words);
        return words;
    }
}
