module smolgrad

go 1.19
