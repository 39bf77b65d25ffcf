using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Federation.Rounds;

/// <summary>A record that its author has decided on but not yet signed.</summary>
/// <param name="Name">Its name in the record catalogue, which also says on which log it belongs.</param>
/// <param name="Fields">Its own fields, the study among them; the common ones are added when it is signed.</param>
public sealed record Draft(string Name, JsonObject Fields)
{
    public LogKind Log => (RecordCatalogue.Find(Name)
        ?? throw new InvalidOperationException($"The record catalogue has no {Name}.")).Log;

    /// <summary>A real number as the ledger writes it: the shortest decimal that gives the same double back.</summary>
    /// <exception cref="ArgumentException"><paramref name="value"/> is not finite.</exception>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentException("The ledger holds finite numbers only.", nameof(value));
        }

        // The ledger's profile has no exponents; "R" is used wherever it needs none.
        string shortest = value.ToString("R", CultureInfo.InvariantCulture);
        return shortest.Contains('E', StringComparison.Ordinal)
            ? ((decimal)value).ToString("0.############################", CultureInfo.InvariantCulture)
            : shortest;
    }
}
