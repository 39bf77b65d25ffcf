using System.Collections.Frozen;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;

namespace DigitalTwin.Federation.Participation;

/// <summary>The data that a hospital offers to studies under one contract.</summary>
/// <param name="RowsBucket">Bucket of the number of training rows, the only thing the others learn of it.</param>
/// <param name="PrevalenceBucket">Bucket of the share of positive labels.</param>
/// <param name="Steps">Steps of a patient; each row of the tables has all features of each.</param>
public sealed record SiteData(
    string ContractSha256,
    IReadOnlyList<FeatureReference> Features,
    Table Train,
    Table Test,
    string RowsBucket,
    string PrevalenceBucket,
    int Steps = 1);

/// <summary>What a participant knows beside the ledger when it decides.</summary>
/// <param name="Enrolled">Hospitals with an active membership.</param>
/// <param name="FinalDataSize">Data-log records that a quorum of hospitals has cosigned.</param>
public readonly record struct Surroundings(IReadOnlySet<string> Enrolled, long FinalDataSize)
{
    /// <summary>Hospitals whose membership a vote ended or suspended.</summary>
    public IReadOnlySet<string> Left { get; init; } = FrozenSet<string>.Empty;
}
