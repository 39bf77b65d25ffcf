namespace DigitalTwin.Federation.Studies;

/// <summary>The words of the study file and the ledger whose spelling is not that of the type's member.</summary>
public static class StudyWords
{
    private static readonly string[] ModelNames = ["logistic", "mlp", "gru", "gru-d", "lstm", "cnn1d"];

    /// <summary>All kinds of model, by their word.</summary>
    public static IReadOnlyList<string> Models => ModelNames;

    /// <summary>All kinds of protection, by their word.</summary>
    public static readonly IReadOnlyList<string> Protections = ["masks", "threshold-he"];

    /// <summary>The word for a kind of model.</summary>
    public static string NameOf(ModelKind model) => ModelNames[(int)model];

    /// <summary>The kind of model with this word.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static ModelKind ModelOf(string word) => Array.IndexOf(ModelNames, word) is int index and >= 0
        ? (ModelKind)index
        : throw new FormatException($"{word} is no kind of model; known: {string.Join(", ", ModelNames)}.");

    /// <summary>Whether the model reads a patient step by step.</summary>
    public static bool ReadsSteps(ModelKind model) =>
        model is ModelKind.Gru or ModelKind.GruD or ModelKind.Lstm or ModelKind.Cnn1d;

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
