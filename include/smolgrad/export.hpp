// What the library exports. Everything else is hidden.
#pragma once

#ifndef SMOLGRAD_API
#if defined(_WIN32) && defined(SMOLGRAD_SHARED)
#ifdef SMOLGRAD_BUILDING
#define SMOLGRAD_API __declspec(dllexport)
#else
#define SMOLGRAD_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define SMOLGRAD_API __attribute__((visibility("default")))
#else
#define SMOLGRAD_API
#endif
#endif
