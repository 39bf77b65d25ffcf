using DigitalTwin.Scenarios;

return await ScenarioCommand.RunAsync(args, Console.Out, Console.Error);
