using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Records;

/// <summary>How records spell the roles.</summary>
public static class RoleNames
{
    /// <summary>Every role's text.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<Role>().Select(TextOf)];

    /// <summary>The text of a role.</summary>
    public static string TextOf(Role role) => role.ToString().ToLowerInvariant();

    /// <summary>The role in a field.</summary>
    /// <exception cref="RecordFormatException">The field holds no role.</exception>
    public static Role Read(PredicateReader reader, string field)
    {
        ArgumentNullException.ThrowIfNull(reader);
        string text = reader.Choice(field, All);
        return Enum.GetValues<Role>().First(role => TextOf(role) == text);
    }
}
