using DigitalTwin.Documents;

namespace DigitalTwin.Clinical.Contracts;

/// <summary>Reads the part of a data contract that says what is measured over time.</summary>
internal static class SeriesDocument
{
    /// <summary>Four weeks; a longer history is a study of summaries and not of steps.</summary>
    private const int MostHours = 672;

    /// <summary>A sequence longer than this is no longer trained step by step.</summary>
    private const int MostSteps = 4_096;

    /// <summary>A list longer than this is no longer read by the person who approves it.</summary>
    private const int MostSignals = 500;

    /// <summary>The series of the contract <paramref name="root"/>, or null where it has none.</summary>
    internal static ContractSeries? Read(
        DocumentNode root, List<ContractColumn> columns, List<ContractFeature> features)
    {
        if (root.Optional("series") is not { } node)
        {
            return root.Optional("signals") is { } signals
                ? throw signals.Problem("signals belong to a series; give series: { record, hours, stepMinutes }.")
                : null;
        }

        node.AllowOnly("record", "hours", "stepMinutes");
        int hours = node.Required("hours").Integer(1, MostHours);
        int stepMinutes = node.Required("stepMinutes").Integer(1, 24 * 60);
        int steps = hours * 60 / stepMinutes;
        return hours * 60 % stepMinutes == 0 && steps is >= 2 and <= MostSteps
            ? new ContractSeries
            {
                Record = ReadRecord(node.Required("record"), columns),
                Hours = hours,
                StepMinutes = stepMinutes,
                Signals = ReadSignals(root.Required("signals"), features),
            }
            : throw node.Required("stepMinutes").Problem(
                $"{hours} hours must be 2 to {MostSteps} whole steps, for example of 60 minutes.");
    }

    private static string ReadRecord(DocumentNode node, List<ContractColumn> columns)
    {
        ContractColumn column = ContractDocument.ReadColumnName(node, columns);
        return column.Type == ColumnType.Identifier
            ? column.Name
            : throw node.Problem($"{column.Name} is no identifier; name the column of type identifier.");
    }

    private static List<ContractSignal> ReadSignals(DocumentNode node, List<ContractFeature> features)
    {
        List<ContractSignal> signals = [];
        foreach (DocumentNode item in node.Items())
        {
            ContractSignal signal = ReadSignal(item);
            if (signals.Exists(other => other.Name == signal.Name)
                || features.Exists(feature => feature.Name == signal.Name))
            {
                throw item.Required("name").Problem($"{signal.Name} is there already; give it another name.");
            }

            if (signals.Exists(other => other.Written == signal.Written))
            {
                throw item.Problem($"two signals are written {signal.Written}; a file could not tell them apart.");
            }

            signals.Add(signal);
        }

        return signals.Count is > 0 and <= MostSignals
            ? signals
            : throw node.Problem($"give 1 to {MostSignals} signals.");
    }

    private static ContractSignal ReadSignal(DocumentNode node)
    {
        node.AllowOnly("name", "written", "description", "code", "unit", "range", "referenceMean", "referenceSd");
        string name = node.Required("name").Identifier();
        return new ContractSignal
        {
            Name = name,
            Written = node.Optional("written")?.Text(maxLength: 60) ?? name,
            Description = node.Required("description").Text(),
            Code = ContractDocument.ReadCode(node.Required("code")),
            Unit = node.Required("unit").Text(maxLength: 40),
            Range = ContractDocument.ReadRange(node.Required("range")),
            ReferenceMean = node.Required("referenceMean")
                .Number(-ContractDocument.LargestValue, ContractDocument.LargestValue),
            ReferenceSd = node.Required("referenceSd").NumberAbove(0, ContractDocument.LargestValue),
        };
    }
}
