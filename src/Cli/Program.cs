using System.CommandLine;

RootCommand dtwin = new("Hospitals train twin prediction models together and keep their patients to themselves.");
return await dtwin.Parse(args).InvokeAsync();
