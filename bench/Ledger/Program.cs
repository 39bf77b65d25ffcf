using System.Globalization;
using DigitalTwin.LedgerLoad;

const int UsageError = 2;
if (args is not [string command, string folder, .. string[] rest] || rest.Length > 1)
{
    await Console.Error.WriteLineAsync("ledger load: generate|append|verify|proofs FOLDER [RECORDS]");
    return UsageError;
}

int records = rest is [string text] ? int.Parse(text, CultureInfo.InvariantCulture) : LedgerLoad.DefaultRecords;
switch (command)
{
    case "generate":
        LedgerLoad.Generate(folder, records);
        return 0;
    case "append":
        Console.WriteLine(LedgerLoad.Append(folder, records));
        return 0;
    case "verify":
        Console.WriteLine(LedgerLoad.Verify(folder));
        return 0;
    case "proofs":
        Console.WriteLine(LedgerLoad.Proofs(folder));
        return 0;
    default:
        return UsageError;
}
