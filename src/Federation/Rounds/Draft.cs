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

        string shortest = value.ToString("R", CultureInfo.InvariantCulture);
        int exponentAt = shortest.IndexOf('E', StringComparison.Ordinal);
        return exponentAt < 0 ? shortest : Positional(shortest[..exponentAt], shortest[(exponentAt + 1)..]);
    }

    // The ledger's profile has no exponents: the point moves instead, and no digit is lost.
    private static string Positional(string mantissa, string exponent)
    {
        string sign = mantissa[0] == '-' ? "-" : "";
        string digits = mantissa[sign.Length..].Replace(".", "", StringComparison.Ordinal);
        int point = 1 + int.Parse(exponent, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return point <= 0 ? $"{sign}0.{new string('0', -point)}{digits}"
            : point >= digits.Length ? sign + digits.PadRight(point, '0')
            : $"{sign}{digits[..point]}.{digits[point..]}";
    }
}
