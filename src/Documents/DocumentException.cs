namespace DigitalTwin.Documents;

/// <summary>A document that cannot be accepted, said in one sentence with file, line and field.</summary>
/// <remarks>The message reads <c>heart.yaml:12: privacy.dp.epsilon: 0 is not allowed; give a number …</c>.</remarks>
public sealed class DocumentException : Exception
{
    internal DocumentException(string file, int line, string field, string sentence, Exception? cause = null)
        : base(field.Length == 0 ? $"{file}:{line}: {sentence}" : $"{file}:{line}: {field}: {sentence}", cause)
    {
        File = file;
        Line = line;
        Field = field;
    }

    /// <summary>The name of the document as the caller gave it.</summary>
    public string File { get; }

    /// <summary>The line of the document, counted from 1.</summary>
    public int Line { get; }

    /// <summary>The path of the field, such as <c>sites.required[0]</c>; empty for the document as a whole.</summary>
    public string Field { get; }
}
