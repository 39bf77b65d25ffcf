using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using Grpc.Core;

namespace DigitalTwin.HospitalNode.Consent;

/// <summary>
/// Brings the exclusion proofs of all hospitals to this node's disk: its own copy of the ledger shows who was left out.
/// </summary>
internal sealed class ProofKeeper(StudyNetwork network, ArtefactStore artefacts)
{
    private readonly HashSet<(string Sha256, int Rounds, bool Closed)> _asked = [];

    /// <summary>Fetches what the newest snapshots of a study name and is not here.</summary>
    /// <remarks>
    /// Once per round: proofs arrive after the record that names them, and a hospital that never hands its own in must
    /// not hold up the others. The audit names it.
    /// </remarks>
    public async Task KeepAsync(StudyState study, CancellationToken cancellationToken)
    {
        foreach (string proofs in study.Snapshots.Values.Select(one => one.Exclusions).OfType<string>())
        {
            if (artefacts.Has(proofs) || !_asked.Add((proofs, study.Rounds.Count, study.Closing is not null)))
            {
                continue;
            }

            try
            {
                artefacts.Put(await network.FetchAsync(proofs, cancellationToken));
            }
            catch (RpcException absent) when (absent.StatusCode == StatusCode.NotFound)
            {
                // Not handed in yet; the next round asks again.
            }
        }
    }
}
