using static DigitalTwin.Ledger.Records.FieldKind;

namespace DigitalTwin.Ledger.Records;

/// <summary>The words in which the rows of the catalogue are written.</summary>
internal static class RecordForm
{
    public static FieldDefinition Study => Of("study", Identifier);

    public static FieldDefinition Round => Of("round", Number);

    public static FieldDefinition Attempt => Of("attempt", Number);

    public static RecordDefinition On(
        LogKind log, string name, string meaning, params FieldDefinition[] fields) =>
        new(name, log, RoleMatrix.Writers(name), meaning, fields);

    public static FieldDefinition Of(string name, FieldKind kind) => new(name, kind);

    public static FieldDefinition Optional(string name, FieldKind kind) => new(name, kind, Required: false);

    public static FieldDefinition OneOf(string name, params string[] choices) =>
        new(name, Choice) { Choices = choices };

    public static FieldDefinition Nested(string name, FieldKind kind, params FieldDefinition[] fields) =>
        new(name, kind) { Fields = fields };

    public static FieldDefinition OptionalGroup(string name, params FieldDefinition[] fields) =>
        new(name, Group, Required: false) { Fields = fields };
}
