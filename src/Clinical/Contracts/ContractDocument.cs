using System.Globalization;
using System.Text.RegularExpressions;
using DigitalTwin.Documents;

namespace DigitalTwin.Clinical.Contracts;

/// <summary>Reads the YAML form of a data contract and refuses one that contradicts itself.</summary>
internal static partial class ContractDocument
{
    /// <summary>Far above any clinical value; the square of a sum over a million rows still fits a double.</summary>
    internal const double LargestValue = 1e9;

    /// <summary>A table wider than this is no longer read by the person who approves it.</summary>
    private const int MostColumns = 500;

    internal static DataContract Read(DocumentNode root, string sha256)
    {
        root.AllowOnly(
            "contract", "title", "source", "unit", "file", "rows", "columns", "label", "features", "series", "signals");

        // Written out although there is no choice yet: its reader must know that a split by row is by patient.
        root.Required("unit").OneOf("row-is-patient");
        DocumentNode file = root.Required("file");
        file.AllowOnly("header", "missing");
        DocumentNode rows = root.Required("rows");
        rows.AllowOnly("missing", "outOfRange");
        rows.Required("missing").OneOf("exclude");
        List<ContractColumn> columns = ReadColumns(root.Required("columns"));
        ContractLabel label = ReadLabel(root.Required("label"), columns);
        List<ContractFeature> features = ReadFeatures(root.Required("features"), columns, label);
        ContractSeries? series = SeriesDocument.Read(root, columns, features);
        RefuseUnusedColumns(root.Required("columns"), columns, features, label, series?.Record);
        return new DataContract
        {
            Id = ReadId(root.Required("contract")),
            Title = root.Required("title").Text(),
            Source = root.Required("source").Text(maxLength: 1000),
            HasHeader = file.Required("header").OneOf("none", "required") == "required",
            MissingCodes = [.. file.Required("missing").Items().Select(code => code.Text(maxLength: 20))],
            OutOfRange = rows.Required("outOfRange").OneOf("exclude", "flag") == "flag"
                ? OutOfRangeTreatment.Flag
                : OutOfRangeTreatment.Exclude,
            Columns = columns,
            Features = features,
            Label = label,
            Series = series,
            Sha256 = sha256,
        };
    }

    private static string ReadId(DocumentNode node)
    {
        string id = node.Text();
        return IdForm().IsMatch(id)
            ? id
            : throw node.Problem($"{id} is not a contract name; write name/vN, for example heart-disease/v1.");
    }

    private static List<ContractColumn> ReadColumns(DocumentNode node)
    {
        List<ContractColumn> columns = [];
        foreach (DocumentNode item in node.Items())
        {
            ContractColumn column = ReadColumn(item);
            if (columns.Exists(other => other.Name == column.Name))
            {
                throw item.Required("name").Problem($"the column {column.Name} is listed twice; remove one.");
            }

            columns.Add(column);
        }

        return columns.Count is > 0 and <= MostColumns
            ? columns
            : throw node.Problem($"give 1 to {MostColumns} columns.");
    }

    private static ContractColumn ReadColumn(DocumentNode node)
    {
        node.AllowOnly(
            "name", "description", "code", "unit", "type", "range", "values", "hiddenMissing", "measured", "drop");
        ColumnType type = node.Required("type").OneOf("number", "integer", "category", "identifier") switch
        {
            "number" => ColumnType.Number,
            "integer" => ColumnType.WholeNumber,
            "category" => ColumnType.Category,
            _ => ColumnType.Identifier,
        };
        RefuseMisplacedSpread(node, type);
        return new ContractColumn
        {
            Name = node.Required("name").Identifier(),
            Description = node.Required("description").Text(),
            Code = ReadCode(node.Required("code")),
            Unit = node.Required("unit").Text(maxLength: 40),
            Type = type,
            Range = type is ColumnType.Number or ColumnType.WholeNumber ? ReadRange(node.Required("range")) : null,
            Values = type == ColumnType.Category ? ReadValues(node.Required("values")) : [],
            HiddenMissing = node.Optional("hiddenMissing") is { } hidden ? ReadHiddenMissing(hidden) : null,
            Measured = node.Optional("measured")?.OneOf("before-outcome", "after-outcome") == "after-outcome"
                ? MeasuredWhen.AfterOutcome
                : MeasuredWhen.BeforeOutcome,
            IsDropped = node.Optional("drop")?.Boolean() ?? false,
        };
    }

    private static void RefuseMisplacedSpread(DocumentNode node, ColumnType type)
    {
        (string[] forbidden, string advice) = type switch
        {
            ColumnType.Category => (["range"], "give values instead"),
            ColumnType.Identifier => (["range", "values", "hiddenMissing"], "remove it"),
            _ => (new[] { "values" }, "give range instead"),
        };
        foreach (string field in forbidden)
        {
            if (node.Optional(field) is { } misplaced)
            {
                throw misplaced.Problem($"does not belong to a column of this type; {advice}.");
            }
        }
    }

    internal static CodedConcept ReadCode(DocumentNode node)
    {
        node.AllowOnly("system", "code", "display");
        string system = node.Required("system")
            .OneOf("http://loinc.org", "http://snomed.info/sct", "urn:digitaltwin:local");
        return new CodedConcept(system, node.Required("code").Text(maxLength: 60), node.Required("display").Text());
    }

    internal static PlausibleRange ReadRange(DocumentNode node)
    {
        node.AllowOnly("from", "to");
        double from = node.Required("from").Number(-LargestValue, LargestValue);
        double to = node.Required("to").Number(-LargestValue, LargestValue);
        return from < to
            ? new PlausibleRange(from, to)
            : throw node.Problem("from must be below to.");
    }

    private static List<CategoryValue> ReadValues(DocumentNode node)
    {
        List<CategoryValue> values = [];
        foreach ((string key, DocumentNode meaning) in node.Entries())
        {
            if (!int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value))
            {
                throw meaning.Problem("a category is written as a whole number, for example 1: typical angina.");
            }

            values.Add(new CategoryValue(value, meaning.Text()));
        }

        return values.DistinctBy(value => value.Value).Count() == values.Count && values.Count >= 2
            ? values
            : throw node.Problem("give at least two different values.");
    }

    private static HiddenMissing ReadHiddenMissing(DocumentNode node)
    {
        node.AllowOnly("value", "treat");
        HiddenMissingTreatment treat = node.Required("treat").OneOf("flag", "missing") == "flag"
            ? HiddenMissingTreatment.Flag
            : HiddenMissingTreatment.Missing;
        return new HiddenMissing(node.Required("value").Number(-LargestValue, LargestValue), treat);
    }

    private static ContractLabel ReadLabel(DocumentNode node, List<ContractColumn> columns)
    {
        node.AllowOnly("column", "above", "meaning");
        ContractColumn column = ReadNumericColumn(node.Required("column"), columns);
        return new ContractLabel(
            column.Name, node.Required("above").Number(-LargestValue, LargestValue), node.Required("meaning").Text());
    }

    private static List<ContractFeature> ReadFeatures(
        DocumentNode node, List<ContractColumn> columns, ContractLabel label)
    {
        List<ContractFeature> features = [];
        foreach (DocumentNode item in node.Items())
        {
            ContractFeature feature = ReadFeature(item, columns);
            if (feature.Column == label.Column)
            {
                throw item.Required("column").Problem("the label's column cannot be an input: it is the answer.");
            }

            if (features.Exists(other => other.Name == feature.Name))
            {
                throw item.Problem($"the input {feature.Name} is listed twice; remove one.");
            }

            features.Add(feature);
        }

        return features.Count > 0 ? features : throw node.Problem("give at least one input.");
    }

    private static ContractFeature ReadFeature(DocumentNode node, List<ContractColumn> columns)
    {
        node.AllowOnly("column", "equals", "referenceMean", "referenceSd");
        ContractColumn column = ReadNumericColumn(node.Required("column"), columns);
        return new ContractFeature
        {
            Column = column.Name,
            Level = ReadLevel(node, column),
            ReferenceMean = node.Required("referenceMean").Number(-LargestValue, LargestValue),
            ReferenceSd = node.Required("referenceSd").NumberAbove(0, LargestValue),
        };
    }

    private static double? ReadLevel(DocumentNode node, ContractColumn column)
    {
        DocumentNode? equals = node.Optional("equals");
        if (column.Type != ColumnType.Category)
        {
            return equals is null ? null : throw equals.Problem($"{column.Name} is a number; remove equals.");
        }

        // Only no/yes has the same meaning as the number that codes it; "asymptomatic" is not four times "typical".
        bool isYesOrNo = column.Values.All(value => value.Value is 0 or 1);
        string values = string.Join(
            ", ", column.Values.Select(value => value.Value.ToString(CultureInfo.InvariantCulture)));
        if (equals is null)
        {
            return isYesOrNo
                ? null
                : throw node.Problem($"{column.Name} is a category; say which value counts with equals: {values}.");
        }

        double level = equals.Number(-LargestValue, LargestValue);
        return column.Values.Any(value => value.Value == level)
            ? level
            : throw equals.Problem($"{column.Name} has no such value; allowed: {values}.");
    }

    private static ContractColumn ReadNumericColumn(DocumentNode node, List<ContractColumn> columns)
    {
        ContractColumn column = ReadColumnName(node, columns);
        return column.Type != ColumnType.Identifier
            ? column
            : throw node.Problem($"{column.Name} names a patient; neither an input nor the label may tell who it is.");
    }

    internal static ContractColumn ReadColumnName(DocumentNode node, List<ContractColumn> columns)
    {
        string name = node.OneOf([.. columns.Select(column => column.Name)]);
        ContractColumn column = columns.Find(candidate => candidate.Name == name)!;
        return column.IsDropped ? throw node.Problem($"{name} is dropped; remove drop: true to use it.") : column;
    }

    // A column that is neither used nor dropped would be demanded of every patient for nothing (data minimisation).
    private static void RefuseUnusedColumns(
        DocumentNode node,
        List<ContractColumn> columns,
        List<ContractFeature> features,
        ContractLabel label,
        string? record)
    {
        for (int i = 0; i < columns.Count; i++)
        {
            string name = columns[i].Name;
            bool isUsed = name == label.Column || name == record
                || features.Exists(feature => feature.Column == name);
            if (!isUsed && !columns[i].IsDropped)
            {
                throw node.Items()[i].Problem($"{name} is neither an input nor the label; add drop: true.");
            }
        }
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}/v[1-9][0-9]{0,3}\z")]
    private static partial Regex IdForm();
}
