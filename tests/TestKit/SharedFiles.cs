namespace DigitalTwin.TestKit;

/// <summary>The folder of real data and golden values beside a development checkout, where there is one.</summary>
/// <remarks>A user has no such folder: a test that needs it says so and is skipped.</remarks>
public static class SharedFiles
{
    /// <summary>Path of <paramref name="relativePath"/> below the shared folder, or null where it is absent.</summary>
    public static string? Find(string relativePath)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", relativePath);
            if (Path.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
