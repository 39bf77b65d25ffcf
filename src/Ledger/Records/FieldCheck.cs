using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Records;

/// <summary>Holds an object against a list of field definitions.</summary>
internal static class FieldCheck
{
    // Ed25519, and ECDSA over P-256 as r‖s.
    private const int SignatureSize = 64;

    /// <exception cref="RecordFormatException">A field is missing, unknown or of another kind.</exception>
    public static void Group(PredicateReader reader, IReadOnlyList<FieldDefinition> fields)
    {
        reader.Only([.. fields.Select(field => field.Name)]);
        foreach (FieldDefinition field in fields)
        {
            // A null is a present value: absence has one form only.
            if (field.Required || reader.Source.ContainsKey(field.Name))
            {
                Field(reader, field);
            }
        }
    }

    private static void Field(PredicateReader reader, FieldDefinition field)
    {
        object _ = field.Kind switch
        {
            FieldKind.Text => reader.Text(field.Name),
            FieldKind.Identifier => reader.Identifier(field.Name),
            FieldKind.Identifiers => reader.Identifiers(field.Name),
            FieldKind.Texts => reader.Texts(field.Name),
            FieldKind.Number => reader.Integer(field.Name),
            FieldKind.DecimalText => reader.Decimal(field.Name),
            FieldKind.Digest or FieldKind.Fingerprint => reader.Sha256(field.Name),
            FieldKind.PublicKey => PublicKey(reader, field.Name),
            FieldKind.Signature => reader.Hex(field.Name, SignatureSize),
            FieldKind.LogKey => VerifierKey(reader, field.Name, NoteKeyType.Log),
            FieldKind.WitnessKey => VerifierKey(reader, field.Name, NoteKeyType.Witness),
            FieldKind.Root => Root(reader, field.Name),
            FieldKind.Time => reader.Timestamp(field.Name),
            FieldKind.Choice => reader.Choice(field.Name, field.Choices),
            FieldKind.Group => Nested(reader.Object(field.Name), field),
            FieldKind.Groups => reader.Objects(field.Name).Select(item => Nested(item, field)).ToArray(),
            _ => throw new InvalidOperationException($"No check for {field.Kind}."),
        };
    }

    private static PredicateReader Nested(PredicateReader reader, FieldDefinition field)
    {
        Group(reader, field.Fields);
        return reader;
    }

    private static byte[] PublicKey(PredicateReader reader, string name)
    {
        byte[] key = reader.Hex(name, RecordKey.PublicKeySize);
        return RecordKey.IsPublicKey(key) ? key : throw reader.Refuse(name, "must be a P-256 SubjectPublicKeyInfo.");
    }

    private static NoteVerifierKey VerifierKey(PredicateReader reader, string name, NoteKeyType type)
    {
        try
        {
            NoteVerifierKey key = NoteVerifierKey.Parse(reader.Text(name));
            return key.Type == type ? key : throw reader.Refuse(name, $"must be the verifier key of a {type}.");
        }
        catch (NoteFormatException error)
        {
            throw reader.Refuse(name, $"must be a verifier key: {error.Message}");
        }
    }

    private static string Root(PredicateReader reader, string name)
    {
        try
        {
            return MerkleHash.Parse(reader.Text(name)).ToString();
        }
        catch (FormatException error) when (error is not RecordFormatException)
        {
            throw reader.Refuse(name, "must be a Merkle root in base64.");
        }
    }
}
