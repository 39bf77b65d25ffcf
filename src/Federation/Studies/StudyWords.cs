namespace DigitalTwin.Federation.Studies;

/// <summary>The words of the study file and the ledger whose spelling is not that of the type's member.</summary>
public static class StudyWords
{
    /// <summary>All kinds of protection, by their word.</summary>
    public static readonly IReadOnlyList<string> Protections = ["masks", "threshold-he"];

    /// <summary>The word for a protection.</summary>
    public static string NameOf(SumProtection protection) => Protections[(int)protection];

    /// <summary>The protection with this word.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static SumProtection ProtectionOf(string word) => word switch
    {
        "masks" => SumProtection.Masks,
        "threshold-he" => SumProtection.ThresholdEncryption,
        _ => throw new FormatException($"A sum is protected by masks or threshold-he, not by {word}."),
    };
}
